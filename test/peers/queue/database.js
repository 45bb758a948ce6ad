import mysql from 'mysql2/promise';
import { databaseURL } from './settings.js';

export const pool = mysql.createPool({ uri: databaseURL, connectionLimit: 20, timezone: 'Z', enableKeepAlive: true });

const repeatable = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);

// transaction commits what work wrote, and repeats it when the server rolled it back.
export async function transaction(work) {
  for (let attempt = 1; ; attempt++) {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      const result = await work(connection);
      await connection.commit();
      return result;
    } catch (error) {
      await connection.rollback().catch(() => {});
      if (!repeatable.has(error.code) || attempt === 4) throw error;
    } finally {
      connection.release();
    }
  }
}
