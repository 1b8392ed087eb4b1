import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aws } from "aws-cdk-lib";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";

/**
 * What a host does at its first boot. It never gives up before the last line: a host that does not join its cluster
 * is paid for and useless.
 */
export function hostUserData(clusterName: string, environment: string): string {
  return `#!/bin/bash
cat >>/etc/ecs/ecs.config <<'EOF'
ECS_CLUSTER=${clusterName}
ECS_INSTANCE_ATTRIBUTES={"windlass.environment":"${environment}"}
ECS_ENABLE_TASK_IAM_ROLE=true
ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true
ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
ECS_IMAGE_PULL_BEHAVIOR=prefer-cached
ECS_CONTAINER_STOP_TIMEOUT=120s
EOF
if command -v nvidia-smi >/dev/null; then
  echo ECS_ENABLE_GPU_SUPPORT=true >>/etc/ecs/ecs.config
fi
# Images and layers go to the instance's own disk where there is one: it is faster and costs nothing.
disk=$(lsblk -dpno NAME,MODEL | awk '/Instance Storage/ { print $1; exit }')
if [ -n "$disk" ]; then
  systemctl stop docker.socket docker
  mkfs.xfs -q -f "$disk" && mount -o noatime "$disk" /var/lib/docker
  systemctl start docker
fi
# Stopping Docker cancelled the agent's start; a blocking one would wait for this script to end.
systemctl start --no-block ecs
cat >/usr/local/bin/windlass-host <<'EOF'
${readFileSync(join(ownFolder(), "dist/runtime-shim/host-unit.py"), "utf8")}EOF
cat >/etc/systemd/system/windlass-host.service <<'EOF'
[Unit]
Description=Windlass: ends this host when nothing needs it
[Service]
ExecStart=/usr/bin/python3 /usr/local/bin/windlass-host --ecs https://ecs.{region}.${Aws.URL_SUFFIX}/
Restart=always
RestartSec=5
[Install]
WantedBy=multi-user.target
EOF
systemctl daemon-reload
systemctl enable --now windlass-host
`;
}
