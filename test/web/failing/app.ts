import { App, HttpError, nodeListener } from "windlass";

export const app = new App("failing");

app.cls(
  "Endpoints",
  { endpoints: { throws: {}, refuses: {} } },
  class {
    throws() {
      throw new RangeError("13 is odd");
    }

    refuses() {
      throw new HttpError(404, "there is none");
    }
  },
);

app.webApp("fetching", () => () => Promise.reject(new Error("no answer")));
app.webApp("listening", () =>
  nodeListener(() => {
    throw new TypeError("no listener");
  }),
);
app.endpoint("overdue", { timeoutSeconds: 1 }, ({ signal }) => {
  return new Promise((resolve) => signal.addEventListener("abort", resolve));
});
app.endpoint("dies", () => process.exit(3));
app.endpoint("silent", { events: "off" }, () => {
  throw new Error("as a matter of course");
});
app.pythonAsgi("python", { handler: "failing.py:make" });
