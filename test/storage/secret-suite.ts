import { beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../lib/storage/secret.ts";
import type { SecretBacking } from "../../lib/storage/secret-places.ts";
import { newName, type StorageLab, use } from "./lab.ts";

/** What secrets do, whichever stores hold them. */
export function describeSecrets(
  place: string,
  open: () => Promise<StorageLab>,
  backing?: SecretBacking,
): void {
  const own = { backing };
  describe(`a secret ${place}`, () => {
    let lab: StorageLab;
    beforeEach(async () => {
      lab = await open();
      use(lab);
    });

    it("has the variables that it was made with, and those that were set since", async () => {
      const name = newName();
      const long = "x".repeat(5000);
      await Secret.objects.create(name, { A: "1", B: 'two\n"lines"' }, own);
      await Secret.fromName(name).update({ B: "2", LONG: long });
      expect(await lab.stores.secrets.read(name)).toEqual({ A: "1", B: "2", LONG: long });
      const many = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`V${n}`, `${n}`]));
      await Secret.fromName(name).update(many);
      expect(await lab.stores.secrets.read(name)).toMatchObject(many);
    });

    it("is listed by its name, and gone with its values once it is deleted", async () => {
      const name = newName();
      await Secret.objects.create(name, { A: "1" }, own);
      await expect(Secret.objects.create(name, { A: "2" })).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_EXISTS",
      });
      expect((await Secret.objects.list()).map((info) => info.name)).toContain(name);
      await Secret.objects.delete(name);
      await expect(lab.stores.secrets.read(name)).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
        hint: `create it with \`windlass secret create ${name} KEY=value\``,
      });
      await Secret.objects.create(name, { B: "2" }, own);
      expect(await lab.stores.secrets.read(name)).toEqual({ B: "2" });
    });

    it("is not there before it is created", async () => {
      await expect(Secret.fromName(newName()).update({ A: "1" })).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
      });
    });

    it("keeps the backing that it was made with", async () => {
      const name = newName();
      await Secret.objects.create(name, { A: "1" }, own);
      expect((await Secret.fromName(name).info()).backing).toBe(backing ?? "ssm");
      const other = backing === "secretsmanager" ? "ssm" : "secretsmanager";
      await expect(Secret.fromName(name, { backing: other }).info()).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_BACKING",
      });
      expect(() => Secret.fromName(name, { backing: "vault" as never })).toThrowError(
        expect.objectContaining({
          code: "WINDLASS_INVALID_SECRET_BACKING",
          message: '`backing` of a secret must be "ssm" or "secretsmanager", got "vault"',
        }),
      );
    });

    it("never tells a value in an error", async () => {
      const values = { "no-name": "planted", NUL: "planted\0", OBJECT: { planted: 1 } };
      for (const [key, value] of Object.entries(values)) {
        const made = Secret.objects.create(newName(), { [key]: value } as never);
        const error = await made.then(
          () => undefined,
          (thrown: Error) => thrown,
        );
        expect(error).toMatchObject({ code: "WINDLASS_INVALID_SECRET" });
        expect(JSON.stringify([error?.message, error])).not.toContain("planted");
      }
    });
  });
}
