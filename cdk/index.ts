export { WindlassApp, type WindlassAppProps } from "./app.ts";
export { WindlassEnvironment, type WindlassEnvironmentProps } from "./environment.ts";
export type { SharedProps } from "./shared-props.ts";
export {
  WindlassAppStack,
  type WindlassAppStackProps,
  WindlassEnvironmentStack,
  type WindlassEnvironmentStackProps,
} from "./stacks.ts";
