// Keys without a modifier can be turned off: speech input may press them by accident.
class Shortcuts {
  on = $state(localStorage.getItem('shortcuts') !== 'off');

  toggle(): void {
    this.on = !this.on;
    localStorage.setItem('shortcuts', this.on ? 'on' : 'off');
  }
}

export const shortcuts = new Shortcuts();
