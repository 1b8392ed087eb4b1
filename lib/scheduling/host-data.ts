/**
 * Where the figures of this file are from: AWS's price list for Linux on demand, as Karpenter publishes it. Other
 * regions differ by a factor that is nearly the same for all types, so the order of offers holds there too. There is
 * no list of spot prices: EC2 sets them anew all the time, and never above the price on demand.
 */
export const PRICE_LIST = {
  region: "us-east-1",
  source: "aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go",
  /** Hosts with GPUs. */
  gpuDate: "2026-07-20",
  /** Hosts without, and those of them with arm64 processors. */
  generalDate: "2026-02-09",
  gravitonDate: "2026-01-19",
} as const;

/** The disk that each host has beside its own: its system, and Docker's images where it has no other. */
export const DISK_GIB = 100;
/** An hour of it: gp3 at $0.08 a GB and month of 730 hours [Amazon EBS pricing, us-east-1]. */
export const DISK_USD: number = (0.08 * DISK_GIB) / 730;
/** An hour of its public IPv4 address [Amazon VPC pricing]. */
export const ADDRESS_USD = 0.005;

/** GPUs of EC2, with the MiB of memory that it reports for one [same source, pkg/providers/instancetype]. */
export const GPU_MEMORY_MIB = {
  T4: 16_384,
  L4: 22_888,
  A10G: 22_888,
  L40S: 45_776,
  "RTX-PRO-6000": 98_304,
  "A100-40GB": 40_960,
  "A100-80GB": 81_920,
  H100: 81_920,
  H200: 144_384,
  B200: 183_359,
  B300: 275_040,
} as const;

/** Family, GiB a vCPU, dollars an hour of its `large` with 2 vCPUs: price and size grow together. */
export const GENERAL: readonly (readonly [family: string, gib: number, usd: number])[] = [
  ["c6a", 2, 0.0765],
  ["m6a", 4, 0.0864],
  ["r6a", 8, 0.1134],
  ["c7i", 2, 0.08925],
  ["m7i", 4, 0.1008],
  ["r7i", 8, 0.1323],
];

/** The same with Graviton processors, which run images for arm64. */
export const GRAVITON: typeof GENERAL = [
  ["c7g", 2, 0.0725],
  ["m7g", 4, 0.0816],
  ["r7g", 8, 0.1071],
  ["c8g", 2, 0.07976],
  ["m8g", 4, 0.08976],
  ["r8g", 8, 0.11782],
];

/** Sizes of those families, in `large`s. */
export const SIZES: readonly (readonly [size: string, larges: number])[] = [
  ["large", 1],
  ["xlarge", 2],
  ["2xlarge", 4],
  ["4xlarge", 8],
  ["8xlarge", 16],
  ["16xlarge", 32],
];

/** Type, vCPUs, GiB, GPU, count, dollars an hour. */
export const WITH_GPUS: readonly (readonly [
  type: string,
  vcpus: number,
  gib: number,
  gpu: keyof typeof GPU_MEMORY_MIB,
  gpus: number,
  usd: number,
])[] = [
  ["g4dn.xlarge", 4, 16, "T4", 1, 0.526],
  ["g4dn.2xlarge", 8, 32, "T4", 1, 0.752],
  ["g4dn.4xlarge", 16, 64, "T4", 1, 1.204],
  ["g4dn.8xlarge", 32, 128, "T4", 1, 2.176],
  ["g4dn.16xlarge", 64, 256, "T4", 1, 4.352],
  ["g4dn.12xlarge", 48, 192, "T4", 4, 3.912],
  ["g4dn.metal", 96, 384, "T4", 8, 7.824],
  ["g6.xlarge", 4, 16, "L4", 1, 0.8048],
  ["g6.2xlarge", 8, 32, "L4", 1, 0.9776],
  ["g6.4xlarge", 16, 64, "L4", 1, 1.3232],
  ["gr6.4xlarge", 16, 128, "L4", 1, 1.5392],
  ["g6.8xlarge", 32, 128, "L4", 1, 2.0144],
  ["gr6.8xlarge", 32, 256, "L4", 1, 2.4464],
  ["g6.16xlarge", 64, 256, "L4", 1, 3.3968],
  ["g6.12xlarge", 48, 192, "L4", 4, 4.6016],
  ["g6.24xlarge", 96, 384, "L4", 4, 6.6752],
  ["g6.48xlarge", 192, 768, "L4", 8, 13.3504],
  ["g5.xlarge", 4, 16, "A10G", 1, 1.006],
  ["g5.2xlarge", 8, 32, "A10G", 1, 1.212],
  ["g5.4xlarge", 16, 64, "A10G", 1, 1.624],
  ["g5.8xlarge", 32, 128, "A10G", 1, 2.448],
  ["g5.16xlarge", 64, 256, "A10G", 1, 4.096],
  ["g5.12xlarge", 48, 192, "A10G", 4, 5.672],
  ["g5.24xlarge", 96, 384, "A10G", 4, 8.144],
  ["g5.48xlarge", 192, 768, "A10G", 8, 16.288],
  ["g6e.xlarge", 4, 32, "L40S", 1, 1.861],
  ["g6e.2xlarge", 8, 64, "L40S", 1, 2.24208],
  ["g6e.4xlarge", 16, 128, "L40S", 1, 3.00424],
  ["g6e.8xlarge", 32, 256, "L40S", 1, 4.52856],
  ["g6e.16xlarge", 64, 512, "L40S", 1, 7.57719],
  ["g6e.12xlarge", 48, 384, "L40S", 4, 10.49264],
  ["g6e.24xlarge", 96, 768, "L40S", 4, 15.06559],
  ["g6e.48xlarge", 192, 1536, "L40S", 8, 30.13118],
  ["g7e.2xlarge", 8, 64, "RTX-PRO-6000", 1, 3.36312],
  ["g7e.4xlarge", 16, 128, "RTX-PRO-6000", 1, 3.99816],
  ["g7e.8xlarge", 32, 256, "RTX-PRO-6000", 1, 5.26824],
  ["g7e.12xlarge", 48, 512, "RTX-PRO-6000", 2, 8.28608],
  ["g7e.24xlarge", 96, 1024, "RTX-PRO-6000", 4, 16.57216],
  ["g7e.48xlarge", 192, 2048, "RTX-PRO-6000", 8, 33.14432],
  ["p4d.24xlarge", 96, 1152, "A100-40GB", 8, 21.957642],
  ["p4de.24xlarge", 96, 1152, "A100-80GB", 8, 27.44705],
  ["p5.4xlarge", 16, 256, "H100", 1, 6.88],
  ["p5.48xlarge", 192, 2048, "H100", 8, 55.04],
  ["p5en.48xlarge", 192, 2048, "H200", 8, 63.296],
  ["p6-b200.48xlarge", 192, 2048, "B200", 8, 113.9328],
  ["p6-b300.48xlarge", 192, 4096, "B300", 8, 142.416],
];
