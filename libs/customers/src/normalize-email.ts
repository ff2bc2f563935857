import { checkUserId } from './check-user-id.js';

/**
 * The form in which emails are compared and become ids (rules U2, U3): trimmed, lower-cased, NFC.
 * null when nothing is left, or when the result could not be an id: such an email takes no part in matching (rule U7).
 */
export function normalizeEmail(email: string | null): string | null {
  if (email === null) {
    return null;
  }
  // Composing first keeps the lower-casing from depending on how an accent was typed; some lower-case forms need it again.
  const normalized = email.trim().normalize('NFC').toLowerCase().normalize('NFC');
  return checkUserId(normalized) === null ? normalized : null;
}
