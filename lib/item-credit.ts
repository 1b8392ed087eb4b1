/** Items that a generator may yield before its caller has taken any. */
export const INITIAL_CREDIT = 1000;

/** A generator is let on in steps of this many items. */
export const CREDIT_STEP: number = INITIAL_CREDIT / 2;
