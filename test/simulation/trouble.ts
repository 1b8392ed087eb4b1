import type { Step } from "./scenario.ts";
import type { World } from "./world.ts";

type Trouble = Exclude<Step, { readonly kind: "call" | "deploy" }>;

/** What goes wrong. */
export function trouble(step: Trouble, world: World): void {
  const { clock, ec2, ecs, sqs, faults } = world;
  switch (step.kind) {
    case "die":
      faults.arm(step);
      break;
    case "throttle":
      faults.throttle(step.service, step.requests);
      break;
    case "refuse":
      ec2.refuse(step.scope, step.code, step.forMs);
      break;
    case "boot":
      ec2.spoil(step.how);
      break;
    case "no-image":
      ecs.spoilImage();
      break;
    case "interrupt":
      onFirst(
        ec2.on.filter(({ market, isGoing }) => market === "spot" && !isGoing),
        (one) => ec2.interrupt(one),
      );
      break;
    case "power-cut":
      onFirst(ec2.on, (one) => ec2.end(one));
      break;
    case "disconnect":
      onFirst(
        ec2.on.filter((one) => ecs.isConnected(one)),
        (one) => {
          ecs.setConnected(one, false);
          clock.after(step.forMs, () => ecs.setConnected(one, true));
        },
      );
      break;
    case "kill-container":
      onFirst(world.programs("container"), (one) => one.kill());
      break;
    case "pause":
      onFirst(world.programs(step.who), (one) => one.pause(step.forMs));
      break;
    case "events":
      world.tellOddly(step.how, step.forMs);
      break;
    case "double":
      sqs.double(step.isCounted);
      break;
    case "stale":
      sqs.goStale(step.forMs);
  }
}

function onFirst<One>([first]: readonly One[], act: (one: One) => void): void {
  if (first !== undefined) act(first);
}
