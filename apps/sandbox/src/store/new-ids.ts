import { Random } from '../account/random.js';

/** How long Stripe's ids are behind their prefix. */
const LENGTHS = {
  cus_: 14,
  sub_1: 23,
  si_: 14,
  in_1: 23,
  il_1: 23,
  upcoming_in_1: 23,
  di_1: 23,
  prod_: 14,
  price_1: 23,
  evt_1: 23,
  we_1: 23,
  whsec_: 32,
  clock_1: 23,
  cs_test_a1: 58,
  li_1: 23,
  pm_1: 23,
  sub_sched_1: 23,
} as const;

export type IdPrefix = keyof typeof LENGTHS;

/** Ids of what is made while the sandbox runs. The same seed and the same order of making give the same ids. */
export class NewIds {
  private readonly random: Random;

  constructor(seed: string) {
    this.random = new Random(seed).fork('new ids');
  }

  next(prefix: IdPrefix): string {
    return this.random.id(prefix, LENGTHS[prefix]);
  }
}
