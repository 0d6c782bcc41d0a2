import type { Space } from '../space/space.ts';
import { bruteSearch } from './brute.ts';
import { withRefinement } from './refine.ts';
import type { Search } from './search.ts';

/** The search that a plan asks for. */
export const searchFor = (space: Space): Search => withRefinement(bruteSearch(space), space);
