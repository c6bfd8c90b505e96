/** Starts the servers that the tests in workerd use: an upstream, a Slack, and a factory for more. */
import type { TestProject } from 'vitest/node';
import { startSandbox } from '../sandbox/server.ts';
import { startInbox } from '../support/slack-inbox.ts';
import { startServerFactory, UPSTREAM_KEY } from './server-factory.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    upstreamUrl: string;
    upstreamKey: string;
    slackUrl: string;
    linkSecret: string;
    factoryUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sandbox = await startSandbox({ seed: 1, dialect: 'sorted', apiKey: UPSTREAM_KEY });
  const inbox = await startInbox();
  const factory = await startServerFactory();
  project.provide('upstreamUrl', sandbox.url);
  project.provide('upstreamKey', sandbox.apiKey);
  project.provide('slackUrl', inbox.url);
  project.provide('linkSecret', '6f1d0c8e5b7a4932ad0f3e2c1b9a8877');
  project.provide('factoryUrl', factory.url);
  return async () => {
    await sandbox.stop();
    await inbox.stop();
    await factory.stop();
  };
}
