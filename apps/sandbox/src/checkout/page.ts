import { amountFor } from '../billing/price-amount.js';
import type { World } from '../write/act.js';
import type { Payer } from './end-session.js';
import type { SoldLine, StoredSession } from './sessions.js';
import { hasTrial } from './show-session.js';

const STYLE = `
  :root { color-scheme: light dark; --line: #8884; --quiet: #71717a; --pay: #4f46e5; --bad: #dc2626 }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }
  h1 { font-size: 1.25rem; margin: 0 0 1.5rem }
  p.mark { color: var(--quiet); font-size: .85rem; border: 1px dashed var(--line); border-radius: .5rem; padding: .5rem .75rem }
  table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem }
  td, th { padding: .5rem 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: normal; vertical-align: top }
  td { text-align: right; white-space: nowrap; padding-left: 1rem } small { color: var(--quiet); display: block }
  tfoot th, tfoot td { font-weight: 600; border: 0 }
  label { display: block; margin: 0 0 1rem }
  input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem .75rem; border: 1px solid var(--quiet); border-radius: .5rem }
  button { font: inherit; padding: .6rem 1rem; border-radius: .5rem; border: 1px solid var(--quiet); background: none; color: inherit; cursor: pointer }
  button.pay { background: var(--pay); border-color: var(--pay); color: #fff; flex: 1 }
  .buttons { display: flex; gap: .75rem; margin: 1.5rem 0 } [role=alert] { color: var(--bad); font-weight: 600 }`;

/** A session's page: a form while it is open, a sentence afterwards. `typed`: what was refused, so that nobody types it again. */
export function writePage(world: World, stored: StoredSession, typed?: { payer: Payer; refusal: string }): string {
  const { status, cancel_url: back } = stored.session;
  const content = status === 'open' ? openPage(world, stored, typed) : `<p>${status === 'complete' ? 'All done: this has been paid.' : 'This page has expired. Nothing was charged.'}</p>`;
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>Checkout (sandbox)</title><style>${STYLE}</style><main>`,
    `<h1>${status === 'open' ? 'Subscribe' : 'Checkout'}</h1>`,
    '<p class="mark">The Stripe sandbox stands here for Stripe Checkout. No card is asked for, and no money moves.</p>',
    content,
    back !== null && status === 'open' ? `<p><a href="${escaped(back)}">Back without paying</a></p>` : '',
    '</main></html>',
  ].join('\n');
}

function openPage(world: World, stored: StoredSession, typed?: { payer: Payer; refusal: string }): string {
  const { session } = stored;
  const customer = session.customer === null ? undefined : world.store.customers.get(session.customer);
  const email = customer?.email ?? session.customer_email;
  const today = money(session.amount_total ?? 0, session.currency ?? 'usd');
  return [
    `<table><tbody>${stored.lines.map((line) => row(world, stored, line)).join('')}</tbody>`,
    `<tfoot><tr><th>Due today${hasTrial(stored.subscriptionData) ? '<small>A trial comes first</small>' : ''}</th><td>${today}</td></tr></tfoot></table>`,
    typed ? `<p role="alert">${escaped(typed.refusal)}</p>` : '',
    '<form method="post">',
    email === null
      ? `<label>Email<input name="email" type="email" required autocomplete="email" value="${escaped(typed?.payer.email ?? '')}"></label>`
      : `<label>Email<input type="email" value="${escaped(email)}" readonly></label>`,
    `<label>Name<input name="name" autocomplete="name" value="${escaped(typed?.payer.name ?? customer?.name ?? '')}"></label>`,
    '<div class="buttons"><button class="pay" name="outcome" value="pay">Pay</button>',
    '<button name="outcome" value="decline" formnovalidate>Decline</button></div></form>',
  ].join('\n');
}

function row({ store }: World, { session }: StoredSession, { price: id, quantity }: SoldLine): string {
  const price = store.prices.get(id);
  if (!price) return '';
  const name = store.products.get(price.product)?.name ?? id;
  const { interval = 'month', interval_count: count = 1 } = price.recurring ?? {};
  const every = count === 1 ? `every ${interval}` : `every ${count} ${interval}s`;
  const currency = session.currency ?? price.currency;
  const cost = quantity === undefined ? 'by use' : money(Math.round(amountFor(price, quantity, currency)), currency);
  return `<tr><th>${escaped(name)}${quantity === undefined || quantity === 1 ? '' : ` × ${quantity}`}<small>${every}</small></th><td>${cost}</td></tr>`;
}

function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
