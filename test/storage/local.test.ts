import { describeDicts } from "./dict-suite.ts";
import { localLab } from "./local-lab.ts";
import { describeQueues } from "./queue-suite.ts";
import { describeSecrets } from "./secret-suite.ts";

describeDicts("on this machine", localLab);
describeQueues("on this machine", localLab);
describeSecrets("on this machine", localLab);
