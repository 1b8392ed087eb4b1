import { describeDicts } from "./dict-suite.ts";
import { localLab } from "./local-lab.ts";
import { describeQueues } from "./queue-suite.ts";
import { describeSecrets } from "./secret-suite.ts";
import { describeVolumeFolders } from "./volume-folder-suite.ts";
import { describeVolumes } from "./volume-suite.ts";

describeDicts("on this machine", localLab);
describeQueues("on this machine", localLab);
describeSecrets("on this machine", localLab);
describeVolumes("on this machine", localLab);
describeVolumeFolders("on this machine", localLab);
