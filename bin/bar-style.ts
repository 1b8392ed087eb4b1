/** How bars look, and that they leave the terminal as it was. */
export const BAR_STYLE = {
  barsize: 24,
  barCompleteChar: "█",
  barIncompleteChar: "░",
  hideCursor: true,
  clearOnComplete: true,
  gracefulExit: false,
} as const;
