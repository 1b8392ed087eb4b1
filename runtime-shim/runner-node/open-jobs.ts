import type { Job } from "./job.ts";

/** Jobs that are not done, for executors that run several at a time. */
export class OpenJobs {
  readonly #jobs: Map<number, Job> = new Map();
  #whenIdle: (() => void)[] = [];

  get(id: number): Job | undefined {
    return this.#jobs.get(id);
  }

  add(job: Job): void {
    this.#jobs.set(job.id, job);
  }

  /** They are done. */
  delete(...jobs: readonly Job[]): void {
    for (const { id } of jobs) this.#jobs.delete(id);
    if (this.#jobs.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Aborts what runs, and lets nothing more start. */
  cancel(): void {
    for (const job of this.#jobs.values()) job.cancel(-1);
  }

  /** Resolves when there are none. */
  idle(): Promise<void> {
    if (this.#jobs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
}
