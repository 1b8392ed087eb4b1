/** The only stack of the assembly that the CDK writes; nothing in a template depends on this name. */
export const STACK: string = "Windlass";

/** Where the CDK says which files go where. */
export const ASSET_MANIFEST: string = `${STACK}.assets.json`;

/** The one among them that goes into the service's template instead. */
export const TEMPLATE_FILE: string = `${STACK}.template.json`;
