// What contenders store under names.

/** Values put one after the other, each acknowledged before the next; then many at once. */
export async function dict(contender, { puts, entries }) {
  const store = await contender.dict();
  await store.put("warm", 0);
  const put = await seconds(async () => {
    for (let n = 0; n < puts; n += 1) await store.put(`put-${n}`, n);
  });
  const pairs = Array.from({ length: entries }, (_, n) => [`update-${n}`, n]);
  const update = await seconds(() => store.update(pairs));
  if ((await store.get(`update-${entries - 1}`)) !== entries - 1) throw new Error("not stored");
  return { put, update };
}

/** Items added in this process and processed in another. */
export async function queue(contender, { count }) {
  const items = Array.from({ length: count }, (_, n) => n);
  return { seconds: await seconds(() => contender.queue(items)) };
}

async function seconds(act) {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}
