import {
  type CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import type { Template } from "../../plan/template.ts";
import { onAws } from "../aws-error.ts";

/** Templates that a stack was last deployed from, its nested stacks' by their logical ids. */
export interface DeployedTemplates {
  readonly main: Template;
  readonly nested: Readonly<Record<string, Template>>;
}

/** Undefined where there is no such stack. @throws WindlassError */
export async function readTemplates(
  client: CloudFormationClient,
  name: string,
): Promise<DeployedTemplates | undefined> {
  return await onAws(`read the template of the stack ${name}`, async () => {
    const main = await readTemplate(client, name);
    if (main === undefined) return undefined;
    const hasNested = Object.values(main.Resources ?? {}).some(({ Type }) => Type === NESTED);
    return { main, nested: hasNested ? await readNested(client, name) : {} };
  });
}

const NESTED = "AWS::CloudFormation::Stack";

async function readNested(
  client: CloudFormationClient,
  StackName: string,
): Promise<Record<string, Template>> {
  const nested: Record<string, Template> = {};
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const {
      ResourceType,
      LogicalResourceId,
      PhysicalResourceId,
    } of page.StackResourceSummaries ?? []) {
      if (ResourceType !== NESTED || !LogicalResourceId || !PhysicalResourceId) continue;
      nested[LogicalResourceId] = (await readTemplate(client, PhysicalResourceId)) ?? {};
    }
  }
  return nested;
}

async function readTemplate(
  client: CloudFormationClient,
  StackName: string,
): Promise<Template | undefined> {
  try {
    const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName }));
    return JSON.parse(TemplateBody) as Template; // What the CDK deploys is JSON.
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}
