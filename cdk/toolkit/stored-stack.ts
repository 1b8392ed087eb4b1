import { type App, Stack } from "aws-cdk-lib";

/** Type of the resource by which an app's code goes live. */
const DEPLOYMENT = "Custom::WindlassDeployment";

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: object }>
  >;
}

/** A stack as it was deployed before. Assets that it names are where they were uploaded then. */
export class StoredStack extends Stack {
  readonly #template: Template;

  /** `template` is JSON; with `dropCalls` open calls of functions that it lacks fail, instead of the deployment. */
  constructor(
    scope: App,
    id: string,
    given: { readonly template: string; readonly dropCalls: boolean },
  ) {
    super(scope, id);
    const template = JSON.parse(given.template) as Template; // Written by a deployment.
    this.#template = given.dropCalls ? dropping(template) : template;
  }

  protected override _toCloudFormation(): object {
    return this.#template;
  }
}

function dropping({ Resources = {}, ...rest }: Template): Template {
  const resources = Object.entries(Resources).map(([id, resource]) => {
    if (resource.Type !== DEPLOYMENT) return [id, resource];
    return [id, { ...resource, Properties: { ...resource.Properties, dropCalls: "true" } }];
  });
  return { ...rest, Resources: Object.fromEntries(resources) };
}
