import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Queues, Received } from "../../lib/aws/queues.ts";
import { ReplySession } from "../../lib/aws/reply-session.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryTable } from "./memory-table.ts";

/** Knows how many receives are under way. */
class Counting extends MemoryQueues {
  receiving = 0;

  override async receive(
    url: string,
    wanted: Parameters<Queues["receive"]>[1],
  ): Promise<readonly Received[]> {
    this.receiving += 1;
    try {
      return await super.receive(url, wanted);
    } finally {
      this.receiving -= 1;
    }
  }
}

describe("the reply queue of a client", () => {
  let queues: Counting;
  let session: ReplySession;
  let heard: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    queues = new Counting(Date.now);
    heard = [];
    session = new ReplySession({
      ...{ app: "media", environment: "test", id: "0123456789abcdef", queues, now: Date.now },
      rows: new MemoryTable().port(async () => {}),
      onReply: (body) => {
        heard.push(body);
        if (body === "last") session.rest();
      },
      onError: (error) => expect.unreachable(String(error)),
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  /** Receives under way once the queue is there, and a call is open whose result is told there. */
  async function listening(): Promise<string> {
    session.want();
    const url = await session.ready();
    session.listen();
    await settle();
    return url;
  }

  it("is not received from while nothing is told there", async () => {
    session.want();
    await session.ready();
    await settle();
    expect(queues.receiving).toBe(0);

    await listening();
    expect(queues.receiving).toBe(1);
  });

  it("has no receive left over that could take the reply of the next call", async () => {
    const url = await listening();
    await queues.send(url, { body: "last" });
    await settle();
    expect({ heard, receiving: queues.receiving }).toEqual({ heard: ["last"], receiving: 0 });

    session.want();
    await queues.send(url, { body: "next" });
    await settle();
    expect({ heard, isReliable: session.isReliable }).toEqual({
      heard: ["last", "next"],
      isReliable: true,
    });
  });

  it("is not relied on where a receive had to be ended, for as long as SQS may answer it", async () => {
    await listening();
    await vi.advanceTimersByTimeAsync(5000);
    session.rest();
    await vi.advanceTimersByTimeAsync(1000);
    expect({ receiving: queues.receiving, isReliable: session.isReliable }).toEqual({
      receiving: 0,
      isReliable: false,
    });

    await vi.advanceTimersByTimeAsync(14_000);
    expect(session.isReliable).toBe(true);
  });

  it("keeps its receive for a call that comes soon", async () => {
    const url = await listening();
    session.rest();
    await vi.advanceTimersByTimeAsync(900);
    session.want();
    await vi.advanceTimersByTimeAsync(900);
    await queues.send(url, { body: "next" });
    await settle();
    expect({ heard, isReliable: session.isReliable }).toEqual({
      heard: ["next"],
      isReliable: true,
    });
  });
});
