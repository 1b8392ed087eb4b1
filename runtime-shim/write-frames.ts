import type { Writable } from "node:stream";

/** Writes the buffers of one message; several go out together. */
export function writeFrames(socket: Writable, buffers: readonly Buffer[]): void {
  const [only] = buffers;
  if (only !== undefined && buffers.length === 1) {
    socket.write(only);
    return;
  }
  socket.cork();
  for (const buffer of buffers) socket.write(buffer);
  socket.uncork();
}
