import type { Random } from './random.js';

const FIRST = [
  'Ada', 'Ben', 'Chloé', 'Dmitri', 'Elif', 'Fatima', 'Grace', 'Hiro', 'Ines', 'Jonas', 'Kaja', 'Liam', 'Mateo', 'Noor',
  'Olga', 'Pedro', 'Quinn', 'Rosa', 'Søren', 'Tariq', 'Uma', 'Viktor', 'Wen', 'Ximena', 'Yara', 'Zoë',
] as const;
const LAST = [
  'Abara', 'Berg', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Haddad', 'Ito', 'Jansen', 'Kowalska', 'Lopes',
  'Müller', 'Nakamura', 'Okafor', 'Petrov', 'Quist', 'Rossi', 'Sato', 'Tanaka', 'Ueda', 'Varga', 'Weber', 'Yilmaz',
] as const;
const DOMAINS = ['northwind.example', 'initech.example', 'example.com', 'mail.example', 'globex.example'] as const;
const ODD_NAMES = [
  '🚀 Rocket Labs 🚀',
  'أحمد الخطيب',
  'דנה לוי',
  "O'Brien & Söhne <GmbH>",
  '株式会社さくら',
  `${'Long '.repeat(50)}Name`,
  '  padded  ',
  'Zero\u200bWidth',
] as const;

export interface Person {
  name: string | null;
  email: string;
}

/** A person of the ordinary kind. The number makes the email nobody else's. */
export function ordinaryPerson(random: Random, number: number): Person {
  const first = random.pick(FIRST);
  const last = random.pick(LAST);
  const email = `${plain(first)}.${plain(last)}${number}@${random.pick(DOMAINS)}`;
  const spelled = random.chance(0.05) ? email.charAt(0).toUpperCase() + email.slice(1) : email;
  if (random.chance(0.08)) return { name: null, email: spelled };
  if (random.chance(0.02)) return { name: random.pick(ODD_NAMES), email: spelled };
  return { name: `${first} ${last}`, email: spelled };
}

/** The same address as another human being would type it, to be recognised as the same. */
export function respelled(random: Random, email: string): string {
  const [local = '', domain = ''] = email.split('@');
  return random.pick([
    email.toUpperCase(),
    `${local.toUpperCase()}@${domain}`,
    `${local}@${domain.toUpperCase()}`,
    ` ${email}`,
    `${email} `,
  ]);
}

/** Lower case without accents: what most companies' addresses look like. */
function plain(name: string): string {
  return name.replaceAll('ø', 'o').normalize('NFD').replaceAll(/[^A-Za-z]/g, '').toLowerCase();
}
