// Small pictures for the scenes, drawn where there is a canvas: a sky, a sun, hills, water.
import { seeded } from './seeded';

/** A grey JPEG of 1 x 1, where nothing can be drawn. */
const GREY =
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z';

export function drawnJpeg(seed: number): string {
  if (typeof OffscreenCanvas === 'undefined') return GREY;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [192, 144];
  const draw = canvas.getContext('2d');
  if (!draw) return GREY;
  const chance = seeded(seed * 7919 + 13);
  const hue = 190 + chance() * 40;
  const isEvening = chance() > 0.6;
  const sky = draw.createLinearGradient(0, 0, 0, 100);
  sky.addColorStop(0, `hsl(${isEvening ? 255 : hue} 55% ${isEvening ? 45 : 62}%)`);
  sky.addColorStop(1, isEvening ? 'hsl(25 85% 72%)' : `hsl(${hue} 60% 88%)`);
  draw.fillStyle = sky;
  draw.fillRect(0, 0, 192, 144);
  draw.fillStyle = isEvening ? 'hsl(35 95% 72%)' : 'hsl(50 100% 90%)';
  draw.beginPath();
  draw.arc(30 + chance() * 130, 22 + chance() * 40, 9 + chance() * 8, 0, 7);
  draw.fill();
  for (let hill = 0; hill < 3; hill += 1) {
    draw.fillStyle = `hsl(${95 + chance() * 70} ${28 + hill * 8}% ${isEvening ? 24 : 46 - hill * 9}%)`;
    draw.beginPath();
    draw.moveTo(0, 144);
    const [base, swing, at] = [66 + hill * 20, 10 + chance() * 18, chance() * 6];
    for (let x = 0; x <= 192; x += 8) draw.lineTo(x, base - Math.sin(x / 34 + at) * swing);
    draw.lineTo(192, 144);
    draw.fill();
  }
  if (chance() > 0.45) {
    draw.fillStyle = `hsl(${hue} 50% ${isEvening ? 38 : 58}%)`;
    draw.fillRect(0, 116, 192, 28);
  }
  return canvas.toDataURL('image/jpeg', 0.7).split(',')[1] ?? GREY;
}
