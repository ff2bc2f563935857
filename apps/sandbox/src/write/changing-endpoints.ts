import { PREVIEW, createPreview } from '../billing/create-preview.js';
import { createSession } from '../checkout/create-session.js';
import { expireSession } from '../checkout/end-session.js';
import { SESSION_CREATION, SESSION_EXPIRY } from '../checkout/session-forms.js';
import type { Right } from '../http/keys.js';
import type { Act, Shown } from './act.js';
import { createSubscription } from './create-subscription.js';
import { CUSTOMER_CREATION, CUSTOMER_UPDATE, createCustomer, deleteCustomer, updateCustomer } from './customers.js';
import type { Form } from './form.js';
import { PAUSE, RESUMPTION, pauseSubscription, resumeSubscription } from './pause-subscription.js';
import { PRICE_CREATION, PRICE_UPDATE, createPrice, updatePrice } from './prices.js';
import { NO_PARAMETERS, PRODUCT_CREATION, PRODUCT_UPDATE, createProduct, deleteProduct, updateProduct } from './products.js';
import type { Reader } from './readers.js';
import { ITEM_CREATION, ITEM_DELETION, ITEM_UPDATE, createItem, deleteItem, updateItem } from './single-items.js';
import { CANCELLATION, cancelSubscription } from './subscription-endings.js';
import { SUBSCRIPTION_CREATION, SUBSCRIPTION_UPDATE } from './subscription-forms.js';
import { TEST_CLOCK_ADVANCE, TEST_CLOCK_CREATION, advanceTestClock, createTestClock, deleteTestClock } from './test-clocks.js';
import { updateSubscription } from './update-subscription.js';
import { WEBHOOK_CREATION, WEBHOOK_UPDATE, createWebhook, deleteWebhook, updateWebhook } from './webhook-endpoints.js';

/** A change whose parameters have been read and found well-formed. */
export type Change = (act: Act, id: string) => Shown;

/** One thing that Stripe can be asked to change. */
export interface ChangingEndpoint {
  method: 'POST' | 'DELETE';
  pattern: string;
  right: Right;
  /** What the answer is, for `expand[]`. */
  answers: string;
  /** Throws when a parameter is unknown or ill-formed; nothing has happened then. */
  prepare: (form: Form) => Change;
  /** A question that is asked by POST: no mutation. */
  changesNothing?: true;
}

type Run<T> = (act: Act, input: T, id: string) => Shown;
type About = Pick<ChangingEndpoint, 'right' | 'answers' | 'changesNothing'>;

function endpoint<T>(line: `${'POST' | 'DELETE'} ${string}`, about: About, form: Reader<T>, run: Run<T>): ChangingEndpoint {
  const [method, pattern = ''] = line.split(' ');
  return {
    method: method === 'DELETE' ? 'DELETE' : 'POST',
    pattern,
    ...about,
    prepare: (given) => {
      const input = form(given, '');
      return (act, id) => run(act, input, id);
    },
  };
}

const CUSTOMER: About = { right: 'customers', answers: 'customer' };
const PRODUCT: About = { right: 'products', answers: 'product' };
const PRICE: About = { right: 'prices', answers: 'price' };
const SUBSCRIPTION: About = { right: 'subscriptions', answers: 'subscription' };
const ITEM: About = { right: 'subscriptions', answers: 'subscription_item' };
const PREVIEWED: About = { right: 'invoices', answers: 'invoice', changesNothing: true };
const SESSION: About = { right: 'checkout_sessions', answers: 'checkout_session' };
const TEST_CLOCK: About = { right: 'test_clocks', answers: 'test_clock' };
const WEBHOOK: About = { right: 'webhook_endpoints', answers: 'webhook_endpoint' };

export const CHANGING_ENDPOINTS = {
  createCustomer: endpoint('POST /v1/customers', CUSTOMER, CUSTOMER_CREATION, createCustomer),
  updateCustomer: endpoint('POST /v1/customers/:id', CUSTOMER, CUSTOMER_UPDATE, updateCustomer),
  deleteCustomer: endpoint('DELETE /v1/customers/:id', CUSTOMER, NO_PARAMETERS, deleteCustomer),
  createProduct: endpoint('POST /v1/products', PRODUCT, PRODUCT_CREATION, createProduct),
  updateProduct: endpoint('POST /v1/products/:id', PRODUCT, PRODUCT_UPDATE, updateProduct),
  deleteProduct: endpoint('DELETE /v1/products/:id', PRODUCT, NO_PARAMETERS, deleteProduct),
  createPrice: endpoint('POST /v1/prices', PRICE, PRICE_CREATION, createPrice),
  updatePrice: endpoint('POST /v1/prices/:id', PRICE, PRICE_UPDATE, updatePrice),
  createSubscription: endpoint('POST /v1/subscriptions', SUBSCRIPTION, SUBSCRIPTION_CREATION, createSubscription),
  updateSubscription: endpoint('POST /v1/subscriptions/:id', SUBSCRIPTION, SUBSCRIPTION_UPDATE, updateSubscription),
  cancelSubscription: endpoint('DELETE /v1/subscriptions/:id', SUBSCRIPTION, CANCELLATION, cancelSubscription),
  pauseSubscription: endpoint('POST /v1/subscriptions/:id/pause', SUBSCRIPTION, PAUSE, pauseSubscription),
  resumeSubscription: endpoint('POST /v1/subscriptions/:id/resume', SUBSCRIPTION, RESUMPTION, resumeSubscription),
  createItem: endpoint('POST /v1/subscription_items', ITEM, ITEM_CREATION, createItem),
  updateItem: endpoint('POST /v1/subscription_items/:id', ITEM, ITEM_UPDATE, updateItem),
  deleteItem: endpoint('DELETE /v1/subscription_items/:id', ITEM, ITEM_DELETION, deleteItem),
  createPreview: endpoint('POST /v1/invoices/create_preview', PREVIEWED, PREVIEW, createPreview),
  createSession: endpoint('POST /v1/checkout/sessions', SESSION, SESSION_CREATION, createSession),
  expireSession: endpoint('POST /v1/checkout/sessions/:id/expire', SESSION, SESSION_EXPIRY, expireSession),
  createWebhook: endpoint('POST /v1/webhook_endpoints', WEBHOOK, WEBHOOK_CREATION, createWebhook),
  updateWebhook: endpoint('POST /v1/webhook_endpoints/:id', WEBHOOK, WEBHOOK_UPDATE, updateWebhook),
  deleteWebhook: endpoint('DELETE /v1/webhook_endpoints/:id', WEBHOOK, NO_PARAMETERS, deleteWebhook),
  createTestClock: endpoint('POST /v1/test_helpers/test_clocks', TEST_CLOCK, TEST_CLOCK_CREATION, createTestClock),
  advanceTestClock: endpoint('POST /v1/test_helpers/test_clocks/:id/advance', TEST_CLOCK, TEST_CLOCK_ADVANCE, advanceTestClock),
  deleteTestClock: endpoint('DELETE /v1/test_helpers/test_clocks/:id', TEST_CLOCK, NO_PARAMETERS, deleteTestClock),
} satisfies Record<string, ChangingEndpoint>;
