/**
 * How many decimals Stripe's amounts have, by Stripe's own currency list (docs.stripe.com/currencies), which is not
 * ISO 4217: in ISK and UGX nobody pays fractions any more, but Stripe goes on counting hundredths that are always 00
 * ("special cases"); in HUF and TWD only payouts are whole, prices have two decimals.
 */
const WHOLE = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
const THOUSANDTHS = new Set('BHD JOD KWD OMR TND'.split(' '));
const HUNDREDTHS_NEVER_SHOWN = new Set(['ISK', 'UGX']);

/** What Stripe takes, or took once: whatever is not here it refuses. */
const KNOWN = new Set(
  (
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR ' +
    'FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP ' +
    'MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SLL SOS SRD STD SZL THB TJS TND TOP ' +
    'TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW'
  ).split(' '),
);

/** Any spelling of the code. */
export function isStripeCurrency(currency: string): boolean {
  return KNOWN.has(currency.toUpperCase());
}

/**
 * The smallest step in which a currency can be paid, in Stripe's minor units: where nobody pays the last digits, Stripe takes
 * charges only in which they are 0 (docs.stripe.com/currencies, "three-decimal currencies" and "special cases").
 */
export function payableStep(currency: string): 1 | 10 | 100 {
  const code = currency.toUpperCase();
  if (HUNDREDTHS_NEVER_SHOWN.has(code)) {
    return 100;
  }
  return THOUSANDTHS.has(code) ? 10 : 1;
}

/** The number of decimals by which Stripe's minor units of a currency are shifted: 0, 2 or 3. Any spelling of the code. */
export function currencyExponent(currency: string): 0 | 2 | 3 {
  const code = currency.toUpperCase();
  if (WHOLE.has(code)) {
    return 0;
  }
  return THOUSANDTHS.has(code) ? 3 : 2;
}

/**
 * An amount for people: `20.00 USD`, `500 JPY`, `5.120 KWD`. Exact for decimal amounts too (`0.005 USD` for `0.5`), as
 * no floating point is involved.
 *
 * @param minorUnits whole minor units, or Stripe's decimal string of minor units (`unit_amount_decimal`)
 */
export function displayAmount(minorUnits: number | string, currency: string): string {
  const code = currency.toUpperCase();
  const text = String(minorUnits);
  const sign = text.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = (sign === '' ? text : text.slice(1)).split('.');
  const exponent = currencyExponent(code);
  const digits = whole.padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  const shown = HUNDREDTHS_NEVER_SHOWN.has(code) ? 0 : exponent;
  const decimals = trimZeros(digits.slice(point) + fraction, shown);
  return `${sign}${digits.slice(0, point)}${decimals === '' ? '' : `.${decimals}`} ${code}`;
}

/** Drops zeros at the end, but keeps at least `keep` digits. */
function trimZeros(decimals: string, keep: number): string {
  let end = decimals.length;
  while (end > keep && decimals.charAt(end - 1) === '0') {
    end -= 1;
  }
  return decimals.slice(0, end);
}
