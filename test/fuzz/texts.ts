/** What attackers write, of pieces that mean something to a client, a terminal, a parser or a linkifier. Seeded. */
import type { Dice } from '../simulation/random.ts';

/** Not secret: no input holds them but where a secret belongs, so no output may have them. */
export const SECRETS = {
  apiKey: 'nvk_fuzz/4f+7Q2ZpXw9LmT3sK8vBd6',
  linkSecret: 'fuzz-link-secret-0123456789abcdef',
  webhookUrl: 'https://hooks.slack.com/services/T0FUZZ000/B0FUZZ000/fuzzfuzzfuzzfuzzfuzzfuzz',
  ownWebhook: 'https://hooks.fuzz.example/in/tok-5c0ffee5c0ffee5c0ffee',
  webhookSecret: 'whsec_ZnV6ei1mdXp6LWZ1enotZnV6ei1mdXp6LWZ1eno=',
  teams: 'https://fuzz.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=sigsigsigsigsigsigsigsig',
  ntfy: 'https://:tk_n7fyn7fyn7fyn7fyn7fy@ntfy.fuzz.example/alerts',
  pagerDutyKey: 'ab0cd1ef2ab3cd4ef5ab6cd7ef8ab9cd',
  heartbeat: 'https://beat.fuzz.example/ping/0f1e2d3c4b5a69788796a5b4c3d2e1f0',
} as const;

/** Parts of the secrets that must be in no output either. */
export const SECRET_PARTS: readonly string[] = [
  SECRETS.apiKey,
  SECRETS.linkSecret,
  'fuzzfuzzfuzzfuzzfuzzfuzz',
  'tok-5c0ffee5c0ffee5c0ffee',
  'ZnV6ei1mdXp6LWZ1enotZnV6ei1mdXp6LWZ1eno',
  'sigsigsigsigsigsigsigsig',
  'tk_n7fyn7fyn7fyn7fyn7fy',
  'ab0cd1ef2ab3cd4ef5ab6cd7ef8ab9cd',
  '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
];

const PIECES: readonly string[] = [
  ...['<!channel>', '<!here|x>', '<@U012AB3CD>', '<#C012AB3CD>', '<https://evil.example|ok>', '<mailto:a@b.co|x>'],
  ...['@everyone', '@here', '<@&1>', '<t:0:R>', '<a:x:1>', '[x](https://evil.example)', '||s||', '> q', '# h', '- l'],
  ...['https://evil.example/a?b=c#d', 'evil.com', 'evil․com', 'evil。com', 'www.evil.co', 'usage.click', 'volume.zip'],
  ...['tel:+15551234', 'mailto:a@evil.com', 'javascript:alert(1)', 'data:text/html,x', 'msteams:/l/x', 'a@b.co', 'x@y'],
  ...['+15551234567', '(555) 123-4567', '555-123-4567', 'h323:a@evil.com', 'localhost', 'localhost:8080/x'],
  ...['10.0.0.0/8', '2001:db8::/32', '::ffff:1.2.3.4', '[::ffff:1.2.3.4]:80', '[2001:db8::1]:443/x'],
  ...['203.0.113.9', '203.0.113.9:80/x', '2001:db8::1', 'xn--p1ai', 'i❤.ws', 'vm.created', 'request.rejected'],
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '</td></table></title>',
    "'><svg/onload=x>",
    '-->',
  ],
  ...['<!--', '<![CDATA[', ']]>', '<style>', '&lt;', '&#x3c;', '&amp;amp;', '&', '<', '>', '"', "'", '`', '=', '/'],
  ...['\u001b[2J', '\u001b]0;t\u0007', '\u009b31m', '\u0007', '\b', '\r', '\n', '\r\n', '\t', '\0', '\u007f', '\u0085'],
  ...['\u2028', '\u2029', '\u202e', '\u2066', '\u2069', '\u200b', '\u200d', '\ufeff', '\u00ad', '\u061c', '\u{e0041}'],
  ...[
    '\u00a0',
    '\u3000',
    '\u2800',
    '\u3164',
    '\ufffe',
    '\ue000',
    '\ufff9',
    '\ud83d',
    '\ude00',
    '😀',
    '👩‍👩‍👧',
    'שלום',
    'مرحبا',
  ],
  ...[
    'e\u0301\u0301\u0301\u0301\u0301\u0301',
    '*',
    '_',
    '~',
    '```',
    ':fire:',
    '|',
    '^',
    '{date}',
    '\\',
    '\\u0041',
    '\\"',
  ],
  ...[
    '%00',
    '%0d%0aX:y',
    '%2e%2e',
    '../',
    '..',
    '.',
    ' ',
    '',
    '__proto__',
    'constructor',
    '$&',
    '{{7*7}}',
    '%s',
    "' OR 1=1--",
  ],
  ...[
    'null',
    'true',
    '1e999',
    '12345678901234567890',
    '{"a":1}',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '#',
    '|-',
    '&a',
    '*a',
    '!!js',
  ],
  ...['alice', 'Mallory Reed', 'curl/8.5.0', '/v1/vms/1', 'the end', 'ß', 'İ', '漢字'],
];

/** A text: often a few pieces, seldom long, seldom any characters at all. */
export function hostileText(dice: Dice, max = 4_000): string {
  const parts = Array.from({ length: dice.between(1, dice.chance(0.1) ? 30 : 5) }, () => piece(dice));
  const text = parts.join(dice.chance(0.3) ? ' ' : '');
  const long = dice.chance(0.02) ? text.repeat(dice.between(2, 400)) : text;
  return long.slice(0, max);
}

function piece(dice: Dice): string {
  if (dice.chance(0.85)) return dice.pick(PIECES);
  const plane = dice.chance(0.7) ? 0x2ff : dice.chance(0.7) ? 0xffff : 0x10ffff;
  return Array.from({ length: dice.between(1, 6) }, () => String.fromCodePoint(dice.between(0, plane))).join('');
}

/** A text that looks like a good one, with a mistake or two: characters dropped, doubled, swapped or replaced. */
export function mutated(dice: Dice, text: string, changes = dice.between(1, 4)): string {
  let out = text;
  for (let i = 0; i < changes; i++) {
    const at = dice.between(0, out.length);
    const until = Math.min(out.length, at + dice.between(0, 12));
    const kind = dice.between(0, 3);
    const between =
      kind === 0 ? '' : kind === 1 ? out.slice(at, until).repeat(2) : kind === 2 ? hostileText(dice, 200) : piece(dice);
    out = out.slice(0, at) + between + out.slice(kind === 3 ? at : until);
  }
  return out;
}
