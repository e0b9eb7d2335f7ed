// What a wallboard tells its screen: attributes of its head, new with each frame that changes it.
export const head = () => document.getElementById("wall-head");
export const setting = (name) => head()?.dataset[name];
