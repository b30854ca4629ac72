declare const BUSTD_VERSION: string;

/** The version of package.json, put in at build time; `dev` when run from source. */
export const version: string = typeof BUSTD_VERSION === "string" ? BUSTD_VERSION : "dev";
