const styled = new Map<string, Promise<void>>();

/** style loads a style sheet that the first view does without, once: that of all views, if no name is given. */
export function style(name = 'views.css'): Promise<void> {
  let coming = styled.get(name);
  if (!coming) {
    coming = new Promise((done, fail) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = name;
      link.onload = () => done();
      link.onerror = () => {
        styled.delete(name); // the next one asks again
        fail(new Error(name));
      };
      document.head.append(link);
    });
    styled.set(name, coming);
  }
  return coming;
}
