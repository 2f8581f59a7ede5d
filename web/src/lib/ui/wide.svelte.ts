/** Whether the screen is a desk's. */
const query = matchMedia('(min-width: 900px)');
export const wide = $state({ is: query.matches });
query.addEventListener('change', () => (wide.is = query.matches));
