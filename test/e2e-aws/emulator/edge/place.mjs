// What there is in the emulator, asked for again and again; the health of targets goes back with each question.
import { request } from "node:http";
import { TargetGroup } from "./target-group.mjs";

/** While somebody sends requests; each question costs the emulator more than it costs to answer one of them. */
const EVERY_MS = 150;
/** So long after the last request it is asked as often. */
const BUSY_MS = 3000;
/** Else one question in so many, which is soon enough for new targets to be checked. */
const RESTING = 8;
/** What is known for longer is asked for before it is used. */
const FRESH_MS = 2 * EVERY_MS;

export class Place {
  #url;
  #version;
  #balancers = new Map();
  #distributions = new Map();
  #groups = new Map();
  #asking;
  #askAgain = false;
  #askedAt = 0;
  #usedAt = 0;
  #ticks = 0;

  constructor(url) {
    this.#url = url;
  }

  /** Asks for ever. */
  follow() {
    this.ask();
    setInterval(() => {
      this.#ticks += 1;
      if (Date.now() - this.#usedAt < BUSY_MS || this.#ticks % RESTING === 0) this.ask();
    }, EVERY_MS);
  }

  /** A request is about to use what is known. */
  async use() {
    this.#usedAt = Date.now();
    if (this.#usedAt - this.#askedAt > FRESH_MS) await this.refresh();
  }

  /** Asks now, or as soon as the question on its way is answered: health has changed. */
  ask() {
    if (this.#asking !== undefined) {
      this.#askAgain = true;
      return;
    }
    this.#askedAt = Date.now();
    this.#asking = this.#exchange()
      .catch((error) => console.error(`edge: ${error.message}`))
      .finally(() => {
        this.#asking = undefined;
        if (this.#askAgain) {
          this.#askAgain = false;
          this.ask();
        }
      });
  }

  /** When all that there is now is known. */
  async refresh() {
    await this.#asking;
    this.ask();
    await this.#asking;
  }

  knows(host) {
    return this.distribution(host) !== undefined || this.loadBalancer(host) !== undefined;
  }

  distribution(host) {
    return this.#distributions.get(host);
  }

  /** By its own name, or by a domain that one of its rules asks for: the domain's record would lead to it. */
  loadBalancer(host) {
    return this.#balancers.get(host) ?? this.#byDomain(host);
  }

  group(arn) {
    return this.#groups.get(arn);
  }

  #byDomain(host) {
    return [...this.#balancers.values()].find(({ listeners }) =>
      listeners.some(({ rules }) =>
        rules.some(({ conditions }) =>
          conditions.some(
            ({ Field, Values }) =>
              Field === "host-header" && Values.some((value) => value.toLowerCase() === host),
          ),
        ),
      ),
    );
  }

  async #exchange() {
    const health = [...this.#groups.values()].flatMap((group) => group.health());
    const { version, state } = await post(this.#url, { version: this.#version, health });
    if (state === undefined) return;
    this.#version = version;
    this.#balancers = new Map(state.loadBalancers.map((one) => [one.dnsName, one]));
    this.#distributions = new Map(state.distributions.map((one) => [one.domainName, one]));
    const groups = new Map();
    for (const spec of state.targetGroups) {
      const group = this.#groups.get(spec.arn) ?? new TargetGroup(() => this.ask());
      group.update(spec);
      groups.set(spec.arn, group);
    }
    for (const [arn, group] of this.#groups) if (!groups.has(arn)) group.close();
    this.#groups = groups;
  }
}

function post(url, fields) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", timeout: 10_000 }, async (response) => {
      try {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${text}`);
        resolve(JSON.parse(text));
      } catch (error) {
        reject(error);
      }
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end(JSON.stringify(fields));
  });
}
