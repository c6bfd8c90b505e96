/**
 * Loaded before every command (`node --require`): says what to do where the command can't run as things are installed.
 *
 * Contract: runs on any Node since 12, hence plain JavaScript without modules. Prints nothing and loads nothing if all is
 * well; else prints what is missing and the remedy, and exits with 1.
 */
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The first with `import.meta.main`; from 24 on TypeScript is run as it is. https://nodejs.org/api/esm.html#importmetamain */
const NODE_MIN = [24, 2];

const root = join(__dirname, '../..');
const package_ = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const isInstalled = (name) => existsSync(join(root, 'node_modules', name, 'package.json'));
const [major, minor] = process.versions.node.split('.').map(Number);

const problem = tooOld() || incomplete();
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

function tooOld() {
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return null;
  const what = `Tocsin needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`;
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const its = Object.keys(package_.optionalDependencies).find((name) => name.endsWith(`-${os}-${process.arch}`));
  if (its === undefined)
    return `${what}\nNone comes with Tocsin for ${os} on ${process.arch}: install it from nodejs.org.`;
  if (isInstalled(its)) return `${what}\nThe right one is installed, but not used. Use npm: npm run …, not node …`;
  return `${what}\nThe one that comes with it is not installed. Run: npm ci (without --omit=optional)`;
}

function incomplete() {
  const names = Object.keys(Object.assign({}, package_.dependencies, package_.devDependencies));
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return null;
  const all = missing.length === names.length;
  const what = all ? 'Nothing is installed.' : `Not everything is installed: ${missing.join(', ')}.`;
  return `${what}\nRun: npm ci (without --omit=dev)`;
}
