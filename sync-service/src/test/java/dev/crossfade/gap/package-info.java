/**
 * Every way in which changes can be lost between source and stores, on a whole flow: found, told,
 * and closed by a load. Test code only. Invariant: what is looked at is what an operator sees.
 */
package dev.crossfade.gap;
