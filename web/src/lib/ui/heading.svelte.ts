/** The page's title, for the tab. */
export const heading = $state({ title: '' });
