import type { Plugin } from 'vite';

const FONTS = '/node_modules/pretendard/dist/web/static/woff2-subset';

const font = (weight: string): string =>
  `<link rel="preload" as="font" type="font/woff2" crossorigin href="${FONTS}/Pretendard-${weight}.subset.woff2" />`;

/** What the head of every page begins with. */
const HEAD = [
  '<meta charset="utf-8" />',
  '<meta name="viewport" content="width=device-width, initial-scale=1" />',
  '<meta name="color-scheme" content="light dark" />',
  '<link rel="icon" type="image/svg+xml" href="/favicon.svg" />',
  font('Medium'),
  font('Bold'),
];

const MARK = '<!-- head -->';

/** Puts it where a page says so; before the build looks for what a page names. */
export function head(): Plugin {
  return {
    name: 'weer-head',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { path }) {
        if (!html.includes(MARK)) throw new Error(`${path} has no ${MARK}`);
        return html.replace(MARK, HEAD.join('\n    '));
      },
    },
  };
}
