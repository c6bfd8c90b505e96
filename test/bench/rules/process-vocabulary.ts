/** The words of the generated rules and entries about the creation of Windows processes. */

/** A program: its folder, file, and the original name in its version information. */
export interface Program {
  readonly folder: string;
  readonly file: string;
  readonly original: string;
}

const SYSTEM = 'C:\\Windows\\System32\\';
const at = (folder: string, original: string, file = original.toLowerCase()): Program => ({ folder, file, original });

/** Programs that many rules name, the most popular first. */
export const ABUSED: readonly Program[] = [
  at(`${SYSTEM}WindowsPowerShell\\v1.0\\`, 'PowerShell.EXE'),
  at(SYSTEM, 'Cmd.Exe'),
  at('C:\\Program Files\\PowerShell\\7\\', 'pwsh.dll', 'pwsh.exe'),
  ...['RUNDLL32.EXE', 'reg.exe', 'schtasks.exe'].map((original) => at(SYSTEM, original)),
  at(`${SYSTEM}wbem\\`, 'wmic.exe'),
  ...['net.exe', 'net1.exe', 'CertUtil.exe', 'MSHTA.EXE', 'REGSVR32.EXE', 'wscript.exe', 'cscript.exe'].map(
    (original) => at(SYSTEM, original),
  ),
  ...['msiexec.exe', 'bitsadmin.exe', 'sc.exe', 'netsh.exe', 'curl.exe', 'tar.exe', 'vssadmin.exe', 'wevtutil.exe'].map(
    (original) => at(SYSTEM, original),
  ),
  ...['bcdedit.exe', 'icacls.exe', 'takeown.exe', 'whoami.exe', 'nltest.exe', 'tasklist.exe', 'taskkill.exe'].map(
    (original) => at(SYSTEM, original),
  ),
  ...['forfiles.exe', 'esentutl.exe', 'findstr.exe', 'robocopy.exe', 'xcopy.exe', 'cmstp.exe', 'ftp.exe'].map(
    (original) => at(SYSTEM, original),
  ),
  at('C:\\Python312\\', 'python.exe'),
  at('C:\\Program Files\\7-Zip\\', '7z.exe'),
];

/** Programs that start others, in rules about parents. */
export const PARENTS: readonly Program[] = [
  at('C:\\Program Files\\Microsoft Office\\root\\Office16\\', 'WinWord.exe', 'WINWORD.EXE'),
  at('C:\\Program Files\\Microsoft Office\\root\\Office16\\', 'Excel.exe', 'EXCEL.EXE'),
  at('C:\\Program Files\\Microsoft Office\\root\\Office16\\', 'Outlook.exe', 'OUTLOOK.EXE'),
  at(`${SYSTEM}inetsrv\\`, 'w3wp.exe'),
  at('C:\\Windows\\', 'EXPLORER.EXE'),
  at(SYSTEM, 'services.exe'),
  at(SYSTEM, 'svchost.exe'),
  at(`${SYSTEM}wbem\\`, 'WmiPrvSE.exe', 'WmiPrvSE.exe'),
  at(SYSTEM, 'Cmd.Exe'),
  at(`${SYSTEM}WindowsPowerShell\\v1.0\\`, 'PowerShell.EXE'),
];

/** Programs of ordinary days, which few rules name. */
export const ORDINARY = {
  service: at(SYSTEM, 'svchost.exe'),
  console: at(SYSTEM, 'CONHOST.EXE'),
  broker: at(SYSTEM, 'RuntimeBroker.exe', 'RuntimeBroker.exe'),
  surrogate: at(SYSTEM, 'dllhost.exe'),
  task: at(SYSTEM, 'taskhostw.exe'),
  chrome: at('C:\\Program Files\\Google\\Chrome\\Application\\', 'chrome.exe'),
  edge: at('C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\', 'msedge.exe'),
  code: at('C:\\Users\\dana\\AppData\\Local\\Programs\\Microsoft VS Code\\', 'electron.exe', 'Code.exe'),
  git: at('C:\\Program Files\\Git\\mingw64\\bin\\', 'git.exe'),
  node: at('C:\\Program Files\\nodejs\\', 'node.exe'),
  java: at('C:\\Program Files\\Eclipse Adoptium\\jdk-21\\bin\\', 'java.exe'),
  build: at('C:\\Program Files\\Microsoft Visual Studio\\2022\\MSBuild\\Current\\Bin\\', 'MSBuild.exe', 'MSBuild.exe'),
} as const;

/** Words of paths, names, switches and commands: in rules and in ordinary command lines alike. */
export const WORDS = [
  ...[
    'access',
    'account',
    'admin',
    'agent',
    'archive',
    'audit',
    'backup',
    'batch',
    'bridge',
    'browser',
    'buffer',
    'cache',
  ],
  ...['center', 'channel', 'client', 'cloud', 'collect', 'command', 'config', 'connect', 'content', 'control', 'copy'],
  ...[
    'crypt',
    'data',
    'debug',
    'default',
    'deploy',
    'device',
    'domain',
    'download',
    'driver',
    'dump',
    'event',
    'export',
  ],
  ...[
    'feature',
    'filter',
    'folder',
    'forest',
    'group',
    'handle',
    'helper',
    'host',
    'image',
    'import',
    'index',
    'inject',
  ],
  ...[
    'install',
    'kernel',
    'launch',
    'layer',
    'list',
    'loader',
    'local',
    'logon',
    'machine',
    'manage',
    'memory',
    'mirror',
  ],
  ...[
    'module',
    'monitor',
    'native',
    'network',
    'object',
    'office',
    'option',
    'output',
    'package',
    'panel',
    'parse',
    'pipe',
  ],
  ...[
    'policy',
    'print',
    'process',
    'profile',
    'proxy',
    'query',
    'queue',
    'reader',
    'recover',
    'region',
    'remote',
    'render',
  ],
  ...['report', 'reset', 'root', 'run', 'sample', 'scan', 'schedule', 'script', 'search', 'secret', 'secure', 'server'],
  ...[
    'service',
    'session',
    'setup',
    'shadow',
    'shell',
    'sign',
    'socket',
    'source',
    'spool',
    'start',
    'stage',
    'status',
  ],
  ...[
    'storage',
    'stream',
    'string',
    'support',
    'switch',
    'sync',
    'system',
    'table',
    'target',
    'team',
    'temp',
    'thread',
  ],
  ...[
    'ticket',
    'token',
    'tools',
    'trace',
    'transfer',
    'trust',
    'tunnel',
    'update',
    'upload',
    'user',
    'utility',
    'value',
  ],
  ...['vault', 'version', 'view', 'virtual', 'volume', 'watch', 'web', 'window', 'worker', 'wrapper', 'write', 'zone'],
] as const;

/** Verbs of cmdlets. */
export const CMDLET_VERBS = [
  ...[
    'Add',
    'Clear',
    'Copy',
    'Disable',
    'Enable',
    'Export',
    'Find',
    'Get',
    'Import',
    'Install',
    'Invoke',
    'Move',
    'New',
  ],
  ...[
    'Out',
    'Register',
    'Remove',
    'Rename',
    'Resolve',
    'Restart',
    'Set',
    'Start',
    'Stop',
    'Test',
    'Uninstall',
    'Write',
  ],
] as const;

/** Fragments that very many rules and command lines have; in rules only together with rare ones. */
export const COMMON_FRAGMENTS = [
  ...['http', '.exe', '.dll', ' /c ', ' -c ', '\\Temp\\', '\\AppData\\', '\\Users\\', ' -f ', '\\Windows\\', 'Program'],
  ...[
    ' -Command ',
    ' /s ',
    '.ps1',
    'C:\\ProgramData\\',
    ' add ',
    ' create ',
    '\\Local\\',
    ' -NoProfile ',
    '--type=',
    ' -p ',
  ],
] as const;

/** Folders in which anybody can write. */
export const WRITABLE = [
  ...[
    '\\Users\\Public\\',
    '\\AppData\\Local\\Temp\\',
    '\\Windows\\Temp\\',
    '\\ProgramData\\',
    '\\PerfLogs\\',
    '\\Downloads\\',
  ],
  ...['\\Desktop\\', '\\Windows\\Tasks\\', '\\Windows\\debug\\', '\\Contacts\\', '\\Favorites\\', '\\$Recycle.Bin\\'],
] as const;

export const EXTENSIONS = ['exe', 'dll', 'ps1', 'bat', 'vbs', 'js', 'hta', 'cpl', 'sct', 'xml', 'log', 'dat'] as const;

/** Accounts: most processes belong to the system or to a few people. */
export const USERS = [
  ...['NT AUTHORITY\\SYSTEM', 'NT AUTHORITY\\LOCAL SERVICE', 'NT AUTHORITY\\NETWORK SERVICE', 'AUTORITE NT\\Système'],
  ...['CORP\\dana', 'CORP\\amir', 'CORP\\svc-build', 'CORP\\administrator', 'CORP\\jürgen'],
] as const;

export const INTEGRITY_LEVELS = ['System', 'High', 'Medium', 'Low'] as const;
