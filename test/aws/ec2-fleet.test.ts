import { Readable } from "node:stream";
import { EC2Client } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { Ec2Fleet } from "../../cdk/controller/ec2-fleet.ts";
import type { Purchase } from "../../cdk/controller/ports.ts";

const PURCHASE: Purchase = {
  ...{ id: "intent-1", type: "g6.xlarge", market: "spot" },
  ...{ architecture: "amd64", hasGpus: true },
};

interface Answer {
  readonly status?: number;
  readonly body: string;
}

/** A fleet of an EC2 that answers so, and what it was asked. */
function fleetOf({ status = 200, body }: Answer) {
  const asked: URLSearchParams[] = [];
  const client = new EC2Client({
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    requestHandler: {
      handle: async (request: { readonly body: string }) => {
        asked.push(new URLSearchParams(request.body));
        const headers = { "content-type": "text/xml" };
        return { response: { statusCode: status, headers, body: Readable.from([body]) } };
      },
    },
  });
  const options = { environment: "test", launchTemplateId: "lt-1", subnetIds: ["one", "two"] };
  return { fleet: new Ec2Fleet({ client, ...options }), asked };
}

function refusing(...errors: readonly string[]): Answer {
  return {
    body: `<CreateFleetResponse><fleetId>f</fleetId><errorSet>${errors.join("")}</errorSet></CreateFleetResponse>`,
  };
}

function refusal(code: string, message: string, overrides = ""): string {
  return `<item><launchTemplateAndOverrides><overrides>${overrides}</overrides></launchTemplateAndOverrides>
    <lifecycle>spot</lifecycle><errorCode>${code}</errorCode><errorMessage>${message}</errorMessage></item>`;
}

const BOUGHT: Answer = {
  body: `<CreateFleetResponse><fleetInstanceSet><item><instanceIds><item>i-1</item></instanceIds></item>
    </fleetInstanceSet></CreateFleetResponse>`,
};

describe("a purchase", () => {
  it("asks for one spot instance in any of the zones, up to the price on demand", async () => {
    const { fleet, asked } = fleetOf(BOUGHT);

    expect(await fleet.buy(PURCHASE)).toEqual({ kind: "bought", instanceId: "i-1" });

    const request = Object.fromEntries(asked[0] ?? []);
    expect(request).toMatchObject({
      Type: "instant",
      ClientToken: "intent-1",
      "TargetCapacitySpecification.TotalTargetCapacity": "1",
      "TargetCapacitySpecification.DefaultTargetCapacityType": "spot",
      "SpotOptions.AllocationStrategy": "price-capacity-optimized",
      "LaunchTemplateConfigs.1.Overrides.1.InstanceType": "g6.xlarge",
      "LaunchTemplateConfigs.1.Overrides.1.SubnetId": "one",
      "LaunchTemplateConfigs.1.Overrides.2.SubnetId": "two",
    });
    expect(JSON.stringify(request)).not.toContain("MaxPrice");
  });

  it.each([
    ["with GPUs", { architecture: "amd64", hasGpus: true }, "amazon-linux-2023/gpu"],
    ["for arm64", { architecture: "arm64", hasGpus: false }, "amazon-linux-2023/arm64"],
  ] as const)("of a host %s starts from its own image", async (_, kind, image) => {
    const { fleet, asked } = fleetOf(BOUGHT);

    await fleet.buy({ ...PURCHASE, ...kind });

    const request = Object.fromEntries(asked[0] ?? []);
    for (const nth of [1, 2]) {
      expect(request[`LaunchTemplateConfigs.1.Overrides.${nth}.ImageId`]).toBe(
        `resolve:ssm:/aws/service/ecs/optimized-ami/${image}/recommended/image_id`,
      );
    }
  });

  it("of any other host leaves the image to the launch template", async () => {
    const { fleet, asked } = fleetOf(BOUGHT);

    await fleet.buy({ ...PURCHASE, type: "c6a.large", hasGpus: false });

    expect([...(asked[0]?.keys() ?? [])].join()).not.toContain("ImageId");
  });

  it("on demand says nothing of spot", async () => {
    const { fleet, asked } = fleetOf(BOUGHT);

    await fleet.buy({ ...PURCHASE, market: "on-demand" });

    const request = Object.fromEntries(asked[0] ?? []);
    expect(request["TargetCapacitySpecification.DefaultTargetCapacityType"]).toBe("on-demand");
    expect(Object.keys(request).filter((name) => name.startsWith("Spot"))).toEqual([]);
  });

  it("that is refused says why in each zone, by its name or in the text", async () => {
    const code = "InsufficientInstanceCapacity";
    const text = "no sufficient g6.xlarge capacity in the zone you requested (us-east-1b). Choose";
    const { fleet } = fleetOf(
      refusing(
        refusal(code, "none", "<availabilityZone>us-east-1a</availabilityZone>"),
        refusal(code, text),
        refusal("UnfulfillableCapacity", "none anywhere"),
      ),
    );

    expect(await fleet.buy(PURCHASE)).toEqual({
      kind: "refused",
      refusals: [
        { code, message: "none", zone: "us-east-1a" },
        { code, message: text, zone: "us-east-1b" },
        { code: "UnfulfillableCapacity", message: "none anywhere", zone: null },
      ],
    });
  });

  it.each([
    ["MaxSpotInstanceCountExceeded", "refused"],
    ["UnauthorizedOperation", "refused"],
    ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", "refused"],
    ["RequestLimitExceeded", "unknown"],
  ])("whose request fails with %s is %s", async (code, outcome) => {
    const error = `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors></Response>`;
    const { fleet } = fleetOf({ status: 400, body: error });

    const answer = fleet.buy(PURCHASE).catch(() => ({ kind: "unknown" }));

    expect((await answer).kind).toBe(outcome);
  });
});

it("tells spot instances from others", async () => {
  const instance = (id: string, lifecycle: string) =>
    `<item><instanceId>${id}</instanceId><instanceType>g6.xlarge</instanceType>${lifecycle}
      <launchTime>2026-01-01T00:00:00Z</launchTime><tagSet><item><key>windlass:intent</key>
      <value>${id}</value></item></tagSet></item>`;
  const { fleet } = fleetOf({
    body: `<DescribeInstancesResponse><reservationSet><item><instancesSet>
      ${instance("i-1", "<instanceLifecycle>spot</instanceLifecycle>")}${instance("i-2", "")}
      </instancesSet></item></reservationSet></DescribeInstancesResponse>`,
  });

  expect((await fleet.instances()).map(({ id, market }) => [id, market])).toEqual([
    ["i-1", "spot"],
    ["i-2", "on-demand"],
  ]);
});
