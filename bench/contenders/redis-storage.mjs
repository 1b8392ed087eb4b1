// A hash of Redis, flushed as BENCH_FSYNC says; values are JSON, as those of Windlass.
import { Redis } from "ioredis";
import { serve } from "./driver.mjs";

const redis = new Redis({ host: "127.0.0.1", port: Number(process.env.BENCH_REDIS_PORT) });

await serve({
  async open() {
    await redis.config("SET", "appendfsync", process.env.BENCH_FSYNC);
  },
  async close() {
    redis.disconnect();
  },
  async dict() {
    await redis.del("bench");
    await redis.config("SET", "appendfsync", process.env.BENCH_FSYNC);
    return {
      put: (key, value) => redis.hset("bench", key, JSON.stringify(value)),
      get: async (key) => JSON.parse(await redis.hget("bench", key)),
      update(pairs) {
        const pipeline = redis.pipeline();
        for (const [key, value] of pairs) pipeline.hset("bench", key, JSON.stringify(value));
        return pipeline.exec();
      },
    };
  },
});
