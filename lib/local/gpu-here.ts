import { existsSync } from "node:fs";

/** Device files of an NVIDIA driver: of Linux, and of Linux within Windows. */
const DEVICES = ["/dev/nvidia0", "/dev/dxg"];

/** True where this machine has a GPU that CUDA can use. */
export function hasGpu(): boolean {
  return DEVICES.some((device) => existsSync(device));
}
