let styled: Promise<void> | undefined;

/** style loads what the first view's style sheet leaves out, once. */
export function style(): Promise<void> {
  return (styled ??= new Promise((done, fail) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = 'views.css';
    link.onload = () => done();
    link.onerror = () => {
      styled = undefined; // the next one asks again
      fail(new Error('views.css'));
    };
    document.head.append(link);
  }));
}
