type Gaps = Readonly<Record<string, string>>;

const NO_STREAMS = "items of generators do not travel through queues yet";

/** What a backend cannot do yet, by the title of the case, and why. A case that works in spite of it fails. */
export const GAPS: Readonly<Record<"local" | "aws", Gaps>> = {
  local: {},
  aws: {
    "remoteGen yields all items in order": NO_STREAMS,
    "a method of a class streams": NO_STREAMS,
    "an error comes after the items before it": NO_STREAMS,
    "an item that cannot be sent fails by its path": NO_STREAMS,
    "leaving the loop closes the generator, which is not far ahead": NO_STREAMS,
  },
};
