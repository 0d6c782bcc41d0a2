import { join } from 'node:path';
import type { Comparison } from '../record/comparison.ts';
import type { Page } from './pages.ts';

/** The page of a comparison: one file that loads nothing. What draws it is loaded with the first page. */
export async function comparisonPage(comparison: Comparison): Promise<Page> {
  const [{ renderHtml }, { comparisonView }] = await Promise.all([
    import('./render.ts'),
    import('./comparison-view.ts'),
  ]);
  const view = comparisonView(comparison);
  return {
    path: join('reports', 'comparison'),
    title: view.title,
    html: renderHtml('comparison', view),
    figures: [],
  };
}
