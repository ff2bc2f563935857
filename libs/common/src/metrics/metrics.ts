import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A metric's name, its meaning, and the names of its labels. */
export interface MetricShape<Label extends string> {
  /** snake_case, with its unit at the end (`_seconds`, `_total`); `kana_` is put before it. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** From half a millisecond, what a check takes, to the 10 s after which no request is still waited for. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * What a process measures of itself, in the words of Prometheus; one registry per process. Labels hold only values out of
 * a small fixed set (a route's template, a status, a code): never an id, which would be personal or without end.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  /** Memory, processor time and the like. Once in a process: what measures them stays. */
  collectOfProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string>(shape: MetricShape<Label>): Counter<Label> {
    return new Counter(this.configurationOf(shape));
  }

  gauge<Label extends string>(shape: MetricShape<Label>): Gauge<Label> {
    return new Gauge(this.configurationOf(shape));
  }

  /** Of durations, in seconds. @param buckets of what takes other times than a request does */
  histogram<Label extends string>(shape: MetricShape<Label>, buckets: readonly number[] = BUCKETS_SECONDS): Histogram<Label> {
    return new Histogram({ ...this.configurationOf(shape), buckets: [...buckets] });
  }

  /** All that is measured, as text. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private configurationOf<Label extends string>({ name, help, labels = [] }: MetricShape<Label>) {
    return { name: `kana_${name}`, help, labelNames: [...labels], registers: [this.registry] };
  }
}
