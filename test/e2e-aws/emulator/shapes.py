"""Instance types as EC2 sells them: vCPUs, MiB and GPUs of the families that the tests buy."""

SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48,
         "16xlarge": 64, "24xlarge": 96, "48xlarge": 192, "metal": 96}
# GiB a vCPU; a GPU family has one GPU on its sizes below 12xlarge and on 16xlarge.
FAMILIES = {"c5": 2, "c6i": 2, "c7i": 2, "c6a": 2, "c7a": 2, "m5": 4, "m6i": 4, "m7i": 4, "m6a": 4, "m7a": 4,
            "c7g": 2, "c8g": 2, "m7g": 4, "m8g": 4, "r7g": 8, "r8g": 8, "r5": 8, "r6i": 8, "r7i": 8, "r6a": 8, "r7a": 8,
            "g4dn": 4, "g5": 4, "g6": 4, "gr6": 8, "g6e": 8, "g7": 4, "g7e": 8}
GPUS = {
    "g4dn": {"12xlarge": 4, "metal": 8},
    "g5": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g6": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "gr6": {},
    "g6e": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g7": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
    "g7e": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
}
# vCPUs, GiB, GPUs of those that follow no rule.
SINGULAR = {
    "t3.micro": (2, 1, 0), "t3.small": (2, 2, 0), "t3.medium": (2, 4, 0), "t3.large": (2, 8, 0),
    "p5.4xlarge": (16, 256, 1), "p5.48xlarge": (192, 2048, 8), "p5en.48xlarge": (192, 2048, 8),
    "p4d.24xlarge": (96, 1152, 8), "p4de.24xlarge": (96, 1152, 8),
    "p6-b200.48xlarge": (192, 2048, 8), "p6-b300.48xlarge": (192, 4096, 8),
    "g7e.12xlarge": (48, 512, 2), "g7e.24xlarge": (96, 1024, 4), "g7e.48xlarge": (192, 2048, 8),
}


def shape_of(instance_type):
    """(vCPUs, MiB, GPUs), or None for a type that is not for sale here."""
    if instance_type in SINGULAR:
        cpus, memory, gpus = SINGULAR[instance_type]
        return cpus, memory * 1024, gpus
    family, _, size = instance_type.partition(".")
    if family not in FAMILIES or size not in SIZES:
        return None
    gpus = GPUS[family].get(size, 1) if family in GPUS else 0
    return SIZES[size], SIZES[size] * FAMILIES[family] * 1024, gpus


def registered_memory(nominal):
    """ECS registers what the kernel and its own reserve leave, never what the price list says."""
    return int(nominal * 0.94) - 512
