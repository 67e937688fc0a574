# The packages are installed in a first stage, so that the image carries no installer's leftovers.
FROM python:3.11-slim AS packages
RUN python -m venv /opt/headroom
COPY locks/run.txt /tmp/run.txt
RUN /opt/headroom/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt

FROM python:3.11-slim
ENV PATH=/opt/headroom/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=facility.settings \
    HEADROOM_DATA_DIR=/var/lib/headroom \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1
RUN useradd --system --uid 10001 --home-dir /var/lib/headroom headroom \
    && install -d -o headroom -g headroom /var/lib/headroom /var/lib/headroom/files
COPY --from=packages /opt/headroom /opt/headroom
WORKDIR /app
COPY . .
# The key is for this one command; nothing that it makes depends on it.
RUN SECRET_KEY=unused python manage.py collectstatic --no-input
USER headroom
EXPOSE 8000
CMD ["gunicorn", "facility.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
