/** How many calls a stream keeps in flight: enough to keep both workers busy, few enough to bound memory. */
const WINDOW = 1024;

/**
 * The workloads of a pool whose one operation is `run(value): Promise`. With `batch`, `run` takes arrays of that length
 * and the caller takes results apart, as its user would by hand.
 */
export function promisePool(run) {
  return {
    call: run,
    async map(items, check) {
      (await Promise.all(items.map((item) => run(item)))).forEach(check);
    },
    async stream(items, check) {
      await inOrder(items, { run, window: WINDOW }, check);
    },
    async faults(items, { done, failed }) {
      await Promise.all(items.map((item) => run(item).then(done, failed)));
    },
  };
}

export function batchedPool(run, batch) {
  const checkAll = (check) => {
    let index = 0;
    return (results) => {
      for (const result of results) check(result, index++);
    };
  };
  return {
    async map(items, check) {
      const results = await Promise.all([...batches(items, batch)].map(run));
      results.forEach(checkAll(check));
    },
    async stream(items, check) {
      await inOrder(batches(items, batch), { run, window: 8 }, checkAll(check));
    },
  };
}

/** Keeps `window` promises in flight and gives their results in order. */
async function inOrder(items, { run, window }, check) {
  const ring = new Array(window);
  let sent = 0;
  let received = 0;
  for (const item of items) {
    if (sent - received === window) check(await ring[received % window], received++);
    ring[sent++ % window] = run(item);
  }
  while (received < sent) check(await ring[received % window], received++);
}

function* batches(items, size) {
  let batch = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
