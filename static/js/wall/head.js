// What a wallboard tells its screen: attributes of its head, new with each frame that changes it.
export const setting = (name) => document.getElementById("wall-head")?.dataset[name];
