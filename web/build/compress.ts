import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(html|js|css|svg)$/;

/** Leaves .br and .gz beside each text of the bundle, so that the server never compresses. */
export function compress(): Plugin {
  return {
    name: 'weer-compress',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          if (!TEXT.test(name)) continue;
          const body = Buffer.from(file.type === 'chunk' ? file.code : file.source);
          const br = brotliCompressSync(body, {
            params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
          });
          this.emitFile({ type: 'asset', fileName: `${name}.br`, source: br });
          this.emitFile({ type: 'asset', fileName: `${name}.gz`, source: gzipSync(body, { level: 9 }) });
        }
      },
    },
  };
}
