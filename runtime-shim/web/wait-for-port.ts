import { connect } from "node:net";

/** How often it is tried: a server that just missed a try is ready this much later at most. */
const TRY_EVERY_MS = 20;

/** Resolves when a port of this container takes connections. The agent ends a container that takes too long. */
export async function waitForPort(port: number): Promise<void> {
  while (!(await takesConnections(port))) {
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
