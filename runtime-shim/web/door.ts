import type { IncomingMessage, ServerResponse } from "node:http";
import { type DoorSpec, WAIT_PARAMETER } from "../../lib/web/door.ts";
import { refuse } from "./problem.ts";
import { addHeader, dropHeaders } from "./raw-headers.ts";

/** What clients speak, by whoever passes their requests on. */
const PROTO = "x-forwarded-proto";

export interface DoorOptions {
  readonly door: DoorSpec;
  /** It takes no more requests. */
  readonly isClosing: () => boolean;
  /** The load balancer has asked how the container is. */
  readonly onProbe: () => void;
}

/** Stands behind a load balancer, whose connections it may be given by mistake: Docker gives ports out again. */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Lets in requests of the function alone, as their client wrote them; answers all others. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    const { door, isClosing, onProbe } = this.#options;
    if (request.url === door.healthPath) {
      response.writeHead(isClosing() ? 503 : 200, { "content-length": 0 }).end();
      onProbe();
      return false;
    }
    if (this.#isOwn(request)) {
      undress(request, door);
      return true;
    }
    refuse(response, {
      status: 404,
      code: "WINDLASS_OTHER_FUNCTION",
      message: "this request is for another function, which is not here",
      headers: { connection: "close" },
    });
    return false;
  }

  /** The same for a request that takes its connection over; it is not answered here. */
  admitsUpgrade(request: IncomingMessage): boolean {
    const isOwn = this.#isOwn(request);
    if (isOwn) undress(request, this.#options.door);
    return isOwn;
  }

  #isOwn({ headers }: IncomingMessage): boolean {
    const { header, value } = this.#options.door;
    const given = headers[header];
    return header === "host"
      ? String(given).replace(/:\d+$/, "").toLowerCase() === value
      : given === value;
  }
}

/** Takes away what was added on the way: what only CloudFront knows is for no log. */
function undress(request: IncomingMessage, { header, isHttps }: DoorSpec): void {
  const isAdded = (name: string): boolean =>
    (name === header && header !== "host") || (isHttps && name === PROTO);
  dropHeaders(request, isAdded);
  if (isHttps) addHeader(request, PROTO, "https");
  if (request.url?.includes(WAIT_PARAMETER) === true) request.url = withoutWait(request.url);
}

function withoutWait(url: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const kept = query.split("&").filter((part) => !part.startsWith(`${WAIT_PARAMETER}=`));
  return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}
