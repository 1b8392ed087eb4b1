import { NestedStack, type Stack } from "aws-cdk-lib";

/** What builds the images of an app in CodeBuild; undefined where nothing does. */
export function findBuilds(stack: Stack): NestedStack | undefined {
  const nested = stack.node.findAll().filter((node) => node instanceof NestedStack);
  return nested.find(({ node }) => node.id === "Builds");
}

/** The same of an app whose images are built so. */
export function buildsOf(stack: Stack): NestedStack {
  const found = findBuilds(stack);
  if (found === undefined) throw new RangeError("no image is built in CodeBuild");
  return found;
}
